import { durableSuite } from './durable-suite.ts'

durableSuite()
