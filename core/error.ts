import { Schema } from 'effect'

/**
 * Something the user can fix: bad input, a bad flag, a missing file. Shown as one line, exit code 2.
 * `subject` names the thing (a file with its line or field, a flag), `problem` says what is wrong with it and
 * `remedy` what to do.
 */
export class InputError extends Schema.TaggedError<InputError>()('InputError', {
  subject: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
}) {
  override get message(): string {
    return `${this.subject}: ${this.problem}; ${this.remedy}`
  }
}

/** A video that cannot be opened or decoded. */
export class VideoError extends Schema.TaggedError<VideoError>()('VideoError', {
  path: Schema.String,
  reason: Schema.Literals([
    'missing',
    'empty',
    'unreadable',
    'no-video-stream',
    'truncated',
    'damaged',
    'no-frames',
    'encode',
  ]),
  problem: Schema.String,
}) {
  override get message(): string {
    return `${this.path}: ${this.problem}`
  }
}

/** The engine could not load a model or run a graph. */
export class EngineError extends Schema.TaggedError<EngineError>()('EngineError', {
  operation: Schema.String,
  problem: Schema.String,
}) {
  override get message(): string {
    return `${this.operation}: ${this.problem}`
  }
}

/** The command finished, but part of the requested work was not done. Exit code 3. */
export class IncompleteError extends Schema.TaggedError<IncompleteError>()('IncompleteError', {
  subject: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
}) {
  override get message(): string {
    return `${this.subject}: ${this.problem}; ${this.remedy}`
  }
}
