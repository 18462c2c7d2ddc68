import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const bound = (file: string) => (file.startsWith('test/') || file.includes('.test.') ? 500 : 300)

/** Source files longer than 300 lines (tests 500), as `file: lines`. Migrations grow by history and are left out. */
export function tooLong(root: string): string[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx', '*.mjs'], {
    cwd: root,
    encoding: 'utf8',
  })
  return files
    .split('\n')
    .filter((file) => file !== '' && !file.includes('/migrations/'))
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > bound(file))
    .map(({ file, lines }) => `${file}: ${lines} lines`)
}
