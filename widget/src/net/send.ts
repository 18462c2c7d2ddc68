interface Sending {
  method: string
  headers: Record<string, string>
  body: XMLHttpRequestBodyInit | null
  signal: AbortSignal
  /** Hears how much of the body has gone out, 0 to 1. */
  onPart: (share: number) => void
}

/** As `fetch`, which cannot tell how much has gone out. Rejects when no answer comes, or `signal` aborts. */
export const send = (url: string, { method, headers, body, signal, onPart }: Sending) =>
  new Promise<Response>((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => onPart(loaded / total)
    request.onload = () => {
      const { status } = request
      // Some answers must not have a body, not even an empty one.
      resolve(new Response(request.response || null, { status, headers: { 'retry-after': request.getResponseHeader('retry-after') ?? '' } }))
    }
    request.onerror = request.onabort = reject
    signal.onabort = () => request.abort()
    if (signal.aborted) reject()
    else request.send(body)
  })
