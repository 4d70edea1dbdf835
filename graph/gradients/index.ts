export { gradients } from './backward.ts'
