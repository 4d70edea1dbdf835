export const Training = () => <p>…</p>
