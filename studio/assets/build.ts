/*
 * Builds the page of the studio into the folder that is its argument, with the digest of its sources beside it. Needs
 * Vite, which takes 300 MB: that is why it is a process of its own.
 */
import { join } from 'node:path'
import { sourceDigest } from './digest.ts'

const page = join(import.meta.dirname, '..', 'page')

/** Code of the page that acts when it is loaded; of all other files only what is imported is kept. */
const acts = (id: string): boolean => !id.startsWith('node:') && !/\/core\/[^?]*\.ts$/.test(id)

const buildPage = async (folder: string): Promise<void> => {
  const { build } = await import('vite')
  const digest = sourceDigest()
  await build({
    root: page,
    configFile: false,
    base: './',
    logLevel: 'error',
    // The pure part of `core` is used in the page; its imports of Node's modules never are.
    plugins: [
      {
        name: 'digest',
        generateBundle() {
          this.emitFile({ type: 'asset', fileName: 'digest.txt', source: digest })
        },
      },
    ],
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      modulePreload: { polyfill: false },
      // Nothing becomes a data: URL, which the content security policy would refuse.
      assetsInlineLimit: 0,
      rolldownOptions: { external: /^node:/, treeshake: { moduleSideEffects: acts } },
    },
  })
}

await buildPage(process.argv[2]!).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
