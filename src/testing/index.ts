export { simulateChain } from './chain-simulator.ts'
export type { ChainOptions, FaultOptions, SimulatedChain } from './simulated-chain.ts'
export type { DatasourceMethod } from './fault-script.ts'
export type { SimulatedBlock, SimulatedEvent } from './simulated-block.ts'
