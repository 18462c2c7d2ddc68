import { connectSocket, waitBefore } from '@support-widget/widget/net/socket.ts'

/** For a page, or for a function that stands for one. */
Object.assign(globalThis, { underTest: { connectSocket, waitBefore } })
