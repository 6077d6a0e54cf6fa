import { ApiReferencePage } from '../../views/pages/api-reference.tsx'
import { page } from './page.ts'
import type { OpenRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

export const apiReferenceRoute = ({ frames, config }: WebRooms): Route<OpenRequest> => ({
  method: 'GET',
  path: '/api/docs',
  handle: async () => page(ApiReferencePage({ frame: frames.stranger(), reference: config.reference() })),
})
