export const Evaluations = () => <p>…</p>
