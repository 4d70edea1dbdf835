export const Folds = () => <p>…</p>
