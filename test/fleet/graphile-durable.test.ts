import { graphileWorker } from 'pawl/graphile-worker'
import { durableSuite } from '../hooks/durable-suite.ts'

durableSuite(graphileWorker())
