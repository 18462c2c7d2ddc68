import { fileLimits } from '@support-widget/shared/limits.ts'
import type { ComponentChildren } from 'preact'
import type { Texts } from '../i18n/texts.ts'
import type { Person } from '../state/person.ts'
import type { View } from '../state/view.ts'
import { Icon } from './Icon.tsx'
import { pure } from './pure.ts'
import type { ScreenProps } from './ui.ts'

/** The middle of a picture, drawn: a policy may forbid the address that a file would need as the source of an image. */
async function draw(canvas: HTMLCanvasElement, file: File) {
  const { width: side } = canvas
  try {
    const picture = await createImageBitmap(file)
    const scale = side / Math.min(picture.width, picture.height)
    const [width, height] = [picture.width * scale, picture.height * scale]
    canvas.getContext('2d')?.drawImage(picture, (side - width) / 2, (side - height) / 2, width, height)
    picture.close()
  } catch {
    // No picture that the browser knows: its name says enough.
    canvas.hidden = true
  }
}

/** Drawn once, and not at every letter that is typed. */
const Picture = pure(({ file }: { file: File }) => (
  <canvas
    ref={(canvas) => {
      if (canvas) void draw(canvas, file)
    }}
    width={80}
    height={80}
  />
))

/** A file that is not on the server yet. */
export const Chip = ({ file, texts, children }: { file: File; texts: Texts; children?: ComponentChildren }) => (
  <div class="file">
    {/^image/.test(file.type) && <Picture file={file} />}
    <bdi>{file.name}</bdi>
    <small>{texts.size(file.size)}</small>
    {children}
  </div>
)

export const AttachButton = ({ ui, person, place, children }: ScreenProps & { place: string; children?: ComponentChildren }) => (
  <>
    <button
      type="button"
      class={children ? 'quiet' : 'round'}
      aria-label={ui.texts.value.t('attach_files')}
      aria-describedby="limits"
      onClick={({ currentTarget }) => (currentTarget.nextElementSibling as HTMLElement).click()}
    >
      {children ?? <Icon name="clip" size={20} />}
    </button>
    <input
      type="file"
      multiple
      hidden
      onChange={({ currentTarget: input }) => {
        person.attach(place, input.files ?? [])
        input.value = ''
      }}
    />
  </>
)

/** The files of what is being typed, which may be taken out again, and what could not come along. */
export function Files({ ui, person, place }: ScreenProps & { place: string }) {
  const texts = ui.texts.value
  const { t } = texts
  const files = person.drafts.value.get(place)?.files ?? []
  const [at, all] = person.files.misfits.value
  const names = at === place && all
  return (
    <>
      {files.map((file) => (
        <Chip key={file} file={file} texts={texts}>
          <button
            type="button"
            class="round"
            aria-label={`${t('remove')} ${file.name}`}
            onClick={() => person.write(place, { files: files.filter((one) => one !== file) })}
          >
            <Icon name="cross" size={16} />
          </button>
        </Chip>
      ))}
      {names && (
        <p class="fault" role="alert">
          {t('misfits', { names })}
        </p>
      )}
      <p class={files.length > 0 || names ? 'hint' : 'sr'} id="limits">
        {t('file_limits', { n: fileLimits.attachmentsPerMessage, size: texts.size(fileLimits.uploadBytes) })}
      </p>
    </>
  )
}

/** Where files go that are dropped on the drawer or pasted into it; null: nowhere. */
function placeOf({ screen }: View, { tickets }: Person): string | null {
  const { name, id } = screen.value
  if (name === 'new') return name
  const ticket = tickets.find(id)
  return ticket && ticket.status !== 'closed' ? id : null
}

/** For the drawer: takes what is dropped or pasted. What the page would do with it, such as leaving for the file, it does not do. */
export function fileWays({ ui, person }: ScreenProps) {
  const take = (event: Event, data: DataTransfer | null) => {
    const place = placeOf(ui.view, person)
    // From an office program come the text, formatted and plain, and its picture: the text is meant. With a file come its name, or where on the web it was.
    if (!data?.types.includes('Files') || ['text/plain', 'text/html'].every((type) => data.types.includes(type))) return
    event.preventDefault()
    if (place) person.attach(place, data.files)
  }
  return {
    onDragOver: (event: DragEvent) => event.preventDefault(),
    onDrop: (event: DragEvent) => take(event, event.dataTransfer),
    onPaste: (event: ClipboardEvent) => take(event, event.clipboardData),
  }
}
