import { Hono } from 'hono'

// Ponder wants an API, if only an empty one.
export default new Hono()
