import type { EngineSettings } from '../../trainer/service/index.ts'

/** Options of the launcher that the engine's settings do not hold. */
export interface LaunchShape {
  /** GPUs of this node; 0 trains on the CPU. */
  readonly gpus: number
  readonly sharding: EngineSettings['sharding']
  /** Keep optimiser states (ZeRO) or parameters (FSDP2) in host memory. */
  readonly offload: boolean
}

type Value = string | number | boolean | { readonly [name: string]: Value }

const yaml = (value: { readonly [name: string]: Value }, indent = ''): string =>
  Object.entries(value)
    .map(([name, entry]) =>
      typeof entry === 'object'
        ? `${indent}${name}:\n${yaml(entry, `${indent}  `)}`
        : `${indent}${name}: ${typeof entry === 'string' ? JSON.stringify(entry) : entry}\n`,
    )
    .join('')

const fsdp = (offload: boolean) => ({
  fsdp_version: 2,
  fsdp_auto_wrap_policy: 'TRANSFORMER_BASED_WRAP',
  fsdp_reshard_after_forward: true,
  fsdp_offload_params: offload,
  // The trainer checkpoints activations itself.
  fsdp_activation_checkpointing: false,
  // One Hugging Face folder, which every tool can load, instead of a shard per process.
  fsdp_state_dict_type: 'FULL_STATE_DICT',
  fsdp_cpu_ram_efficient_loading: true,
})

const deepspeed = (stage: 2 | 3, offload: boolean) => ({
  zero_stage: stage,
  offload_optimizer_device: offload ? 'cpu' : 'none',
  offload_param_device: offload && stage === 3 ? 'cpu' : 'none',
  gradient_accumulation_steps: 'auto',
  gradient_clipping: 'auto',
  ...(stage === 3 ? { zero3_init_flag: true, zero3_save_16bit_model: true } : {}),
})

/** The accelerate configuration of a launch on one node, as YAML. */
export const accelerateConfig = ({ gpus, sharding, offload }: LaunchShape): string => {
  const several = gpus > 1
  const kind =
    gpus === 0
      ? { distributed_type: 'NO', use_cpu: true }
      : sharding === 'fsdp2'
        ? { distributed_type: 'FSDP', fsdp_config: fsdp(offload) }
        : sharding === 'zero2' || sharding === 'zero3'
          ? {
              distributed_type: 'DEEPSPEED',
              deepspeed_config: deepspeed(sharding === 'zero2' ? 2 : 3, offload),
            }
          : { distributed_type: several ? 'MULTI_GPU' : 'NO', use_cpu: false }
  return yaml({
    compute_environment: 'LOCAL_MACHINE',
    ...kind,
    // The weights have the precision themselves.
    mixed_precision: 'no',
    num_machines: 1,
    machine_rank: 0,
    num_processes: Math.max(1, gpus),
    main_training_function: 'main',
    // Any free port: two trainings on one node must not conflict.
    main_process_port: 0,
  })
}
