export const Rollouts = () => <p>…</p>
