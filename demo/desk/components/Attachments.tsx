import { useSignal } from '@preact/signals'
import type { Attachment } from '@support-widget/shared/attachment.ts'
import { useRef } from 'preact/hooks'
import { sizeLabel } from './labels.ts'

/** Pictures that browsers show and the server sends as such. */
const raster = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])
/** The most that a preview takes, CSS pixels. */
const most = { width: 320, height: 240 }

/** The size of a preview, known before it loads so that nothing jumps; null for what is no picture. */
function previewOf({ content_type, width, height }: Attachment) {
  if (!raster.has(content_type) || !width || !height) return null
  const scale = Math.min(1, most.width / width, most.height / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

function Preview({ file, size }: { file: Attachment; size: { width: number; height: number } }) {
  const failed = useSignal<string | null>(null)
  // A later link leads to the same picture, which need not be loaded again.
  const url = useRef(file.url)
  if (failed.value === url.current) url.current = file.url
  if (failed.value === url.current) return null
  return (
    <img
      src={url.current}
      alt=""
      {...size}
      loading="lazy"
      decoding="async"
      onError={() => {
        failed.value = url.current
      }}
    />
  )
}

/** The files of a message: pictures small, and each by its name and size with a link that holds for a while. */
export function Attachments({ files }: { files: readonly Attachment[] }) {
  if (files.length === 0) return null
  return (
    <ul class="files" aria-label="Files">
      {files.map((file) => {
        const size = previewOf(file)
        return (
          <li key={file.id}>
            <a href={file.url} target="_blank" rel="noopener noreferrer">
              {size && <Preview file={file} size={size} />}
              <bdi>{file.filename}</bdi>
            </a>{' '}
            <span class="soft">{sizeLabel(file.size)}</span>
          </li>
        )
      })}
    </ul>
  )
}
