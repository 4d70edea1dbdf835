/** Where a graph runs: onnxruntime's CPU or its WebGPU provider. */
export type Device = 'cpu' | 'webgpu'
