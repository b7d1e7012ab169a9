// `npm run docs`: writes the pages that are made from the types, and from the commands.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cliPage } from './cli-page.ts'
import { ROOT } from './read-pages.ts'
import { references } from './references.ts'

for (const [name, text] of Object.entries({ ...references(), 'cli.md': cliPage() })) {
  await writeFile(join(ROOT, 'docs', name), text)
  console.log(`docs/${name}`)
}
