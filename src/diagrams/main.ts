// `npm run diagrams`: draws every machine into diagrams/.
import { writeDiagrams } from './write-diagrams.ts'

for (const name of await writeDiagrams('diagrams')) process.stdout.write(`diagrams/${name}\n`)
