/** Native handles of one job, released in reverse order of creation in any case. */
export class Handles {
  readonly #releases: Array<() => void> = []

  /** Takes charge of `handle`. */
  add<A>(handle: A, release: (handle: A) => void): A {
    this.#releases.push(() => release(handle))
    return handle
  }

  release(): void {
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) release()
  }
}

/** Runs `body` and releases its handles, also when it throws. */
export const withHandles = <A>(body: (handles: Handles) => A): A => {
  const handles = new Handles()
  try {
    return body(handles)
  } finally {
    handles.release()
  }
}
