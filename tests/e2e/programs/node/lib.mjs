export const squares = Array.from({ length: 5 }, (_, n) => n * n);
