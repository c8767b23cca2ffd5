/** Pixels of a screenshot: PNG with 8 bits a channel, not interlaced, as Chromium writes it. */
import { inflateSync } from 'node:zlib'

export interface Picture {
  readonly width: number
  readonly height: number
  /** Red, green and blue of the pixel. */
  at(x: number, y: number): readonly [number, number, number]
}

/** Reads a screenshot. */
export function decodePng(bytes: Buffer): Picture {
  const width = bytes.readUInt32BE(16)
  const height = bytes.readUInt32BE(20)
  const channels = bytes[25] === 6 ? 4 : 3
  const rows = unfilter(inflateSync(pixelData(bytes)), width * channels, height, channels)
  return {
    width,
    height,
    at(x, y) {
      const from = y * width * channels + x * channels
      return [rows[from], rows[from + 1], rows[from + 2]]
    },
  }
}

function pixelData(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const length = bytes.readUInt32BE(at)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
      parts.push(bytes.subarray(at + 8, at + 8 + length))
    }
  }
  return Buffer.concat(parts)
}

/** Undoes the five filters of PNG, row by row. */
function unfilter(raw: Buffer, rowBytes: number, height: number, step: number): Uint8Array {
  const rows = new Uint8Array(rowBytes * height)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (rowBytes + 1)]
    const from = y * rowBytes
    for (let x = 0; x < rowBytes; x++) {
      const left = x >= step ? rows[from + x - step] : 0
      const up = y > 0 ? rows[from + x - rowBytes] : 0
      const corner = x >= step && y > 0 ? rows[from + x - step - rowBytes] : 0
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]
      rows[from + x] = raw[y * (rowBytes + 1) + 1 + x] + predicted
    }
  }
  return rows
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const byLeft = Math.abs(guess - left)
  const byUp = Math.abs(guess - up)
  const byCorner = Math.abs(guess - corner)
  if (byLeft <= byUp && byLeft <= byCorner) return left
  return byUp <= byCorner ? up : corner
}

/**
 * How many pixels have a colour like `#c2490d`, each channel within `tolerance`.
 *
 * A thin line between two rows of pixels covers each of them by three quarters only.
 */
export function countPixels(picture: Picture, hex: string, tolerance = 64): number {
  const wanted = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
  let count = 0
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const pixel = picture.at(x, y)
      if (pixel.every((value, i) => Math.abs(value - wanted[i]) <= tolerance)) count++
    }
  }
  return count
}
