// A day is an integer, days since 1970-01-01, so that differences and positions are plain arithmetic.

const MILLISECONDS = 86_400_000;

/** The day of "YYYY-MM-DD". */
export const dayOf = (iso) => Date.UTC(+iso.slice(0, 4), +iso.slice(5, 7) - 1, +iso.slice(8, 10)) / MILLISECONDS;

/** "YYYY-MM-DD" of a day. */
export const isoOf = (day) => new Date(day * MILLISECONDS).toISOString().slice(0, 10);

/** The Date at a day's start in UTC. */
export const dateOf = (day) => new Date(day * MILLISECONDS);

/** The day on which a month begins; months past December run on into the next year. */
export const monthStart = (year, month) => Date.UTC(year, month, 1) / MILLISECONDS;
