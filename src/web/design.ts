import { DesignPage } from '../../views/pages/design.tsx'
import { page } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

/** For whoever works on the pages; it knows nothing of the instance. */
export const designRoute = ({ frames }: WebRooms): Route<HumanRequest> => ({
  method: 'GET',
  path: '/design',
  handle: async ({ session }) => page(DesignPage({ frame: await frames.of(session) })),
})
