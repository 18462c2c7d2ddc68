import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Keeps short secrets unreadable in the database: AES-256-GCM (NIST SP 800-38D), `v1.` nonce `.` ciphertext and tag, base64url. */
export interface SecretBox {
  seal(plain: string): string
  /** Throws if no key opens it. */
  open(sealed: string): string
  /** The same secret sealed with the current key; as it is if it was already. Throws if no key opens it. */
  renew(sealed: string): string
}

const nonceBytes = 12
const tagBytes = 16

/** The first key seals; all keys open, so that SECRET_KEY can be rotated. */
export function secretBox(keys: readonly Buffer[]): SecretBox {
  /** The secret, and which of the keys opened it. */
  function find(sealed: string): { plain: string; at: number } {
    const [version, nonce = '', body = ''] = sealed.split('.')
    if (version !== 'v1') throw new Error('a sealed secret has an unknown version')
    for (const [at, key] of keys.entries()) {
      const plain = tryOpen(key, Buffer.from(nonce, 'base64url'), Buffer.from(body, 'base64url'))
      if (plain !== null) return { plain, at }
    }
    throw new Error('no SECRET_KEY opens a stored secret; was the key changed without SECRET_KEY_PREVIOUS?')
  }

  function seal(plain: string): string {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', keys[0] as Buffer, nonce)
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `v1.${nonce.toString('base64url')}.${body.toString('base64url')}`
  }

  return {
    seal,
    open: (sealed) => find(sealed).plain,
    renew(sealed) {
      const { plain, at } = find(sealed)
      return at === 0 ? sealed : seal(plain)
    },
  }
}

function tryOpen(key: Buffer, nonce: Buffer, body: Buffer): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(body.subarray(-tagBytes))
    return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

/** What is stored of an API key: SHA-256, hex. The keys are 256 random bits, so nothing slower is needed. */
export const hashKey = (key: string) => createHash('sha256').update(key).digest('hex')
