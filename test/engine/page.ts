import { connectSocket, waitBefore } from '@support-widget/widget/net/socket.ts'
import { io } from 'socket.io-client'

/** For a page, or for a function that stands for one. */
Object.assign(globalThis, { underTest: { connectSocket, io, waitBefore } })
