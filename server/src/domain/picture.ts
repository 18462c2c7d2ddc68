import { imageDimensionsFromData } from 'image-dimensions'

/** Pixels, as shown. */
export interface PictureSize {
  width: number
  height: number
}

/** The size of a picture from its header, nothing is decoded; null if it has none. */
export function pictureSize(head: Buffer): PictureSize | null {
  const size = measure(head)
  if (!size || !(size.width > 0 && size.height > 0)) return null
  // EXIF orientations 5 to 8 lie on their side.
  return exifOrientation(head) >= 5 ? { width: size.height, height: size.width } : { width: size.width, height: size.height }
}

function measure(head: Buffer) {
  try {
    return imageDimensionsFromData(head) ?? null
  } catch {
    return null
  }
}

const startOfImage = 0xffd8
const app1 = 0xffe1
const startOfScan = 0xffda
const orientationTag = 0x0112
const entryBytes = 12

/** Orientation of a JPEG (EXIF 2.32, section 4.6.4: 1 to 8), 1 where it says nothing. */
function exifOrientation(head: Buffer): number {
  if (head.length < 4 || head.readUInt16BE(0) !== startOfImage) return 1
  for (let at = 2; at + 10 <= head.length; at += 2 + head.readUInt16BE(at + 2)) {
    const marker = head.readUInt16BE(at)
    if (marker < 0xff00 || marker === startOfScan) return 1
    if (marker === app1 && head.toString('latin1', at + 4, at + 10) === 'Exif\0\0') {
      return orientationOf(head.subarray(at + 10, at + 2 + head.readUInt16BE(at + 2)))
    }
  }
  return 1
}

/** TIFF 6.0: byte order, the offset of the first directory, then its entries of tag, type, count and value. */
function orientationOf(tiff: Buffer): number {
  if (tiff.length < 10) return 1
  const little = tiff.toString('latin1', 0, 2) === 'II'
  const u16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const first = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  if (first + 2 > tiff.length) return 1
  const end = Math.min(first + 2 + u16(first) * entryBytes, tiff.length - entryBytes + 1)
  for (let at = first + 2; at < end; at += entryBytes) {
    if (u16(at) === orientationTag) return u16(at + 8) <= 8 ? u16(at + 8) : 1
  }
  return 1
}
