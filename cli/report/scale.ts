/** Places times on a line, from 0 to 100. */
export interface Scale {
  /** Percent; below 0 or above 100 for what is beyond the line. */
  readonly place: (date: Date) => number;
  readonly ticks: readonly Tick[];
}

export interface Tick {
  readonly place: number;
  readonly label: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Steps between ticks that are as long as each other; beyond them ticks are at the beginnings of months. */
const EVEN_STEPS = [HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];
const MOST_TICKS = 6;

export function scaleOf(start: Date, end: Date): Scale {
  const [first, length] = [start.getTime(), Math.max(1, end.getTime() - start.getTime())];
  const place = (date: Date) => ((date.getTime() - first) / length) * 100;
  return { place, ticks: ticks(start, end).map(({ date, label }) => ({ place: place(date), label })) };
}

function ticks(start: Date, end: Date): { readonly date: Date; readonly label: string }[] {
  const length = end.getTime() - start.getTime();
  const step = EVEN_STEPS.find((candidate) => length / candidate <= MOST_TICKS);
  if (step === undefined) return monthTicks(start, end);
  const first = Math.ceil(start.getTime() / step) * step;
  const count = Math.floor((end.getTime() - first) / step) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const date = new Date(first + index * step);
    const text = date.toISOString();
    return { date, label: step < DAY ? `${text.slice(5, 10)} ${text.slice(11, 16)}` : text.slice(0, 10) };
  });
}

function monthTicks(start: Date, end: Date) {
  const months = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth();
  const [first, last] = [months(start), months(end)];
  const step = MONTH_STEPS.find((candidate) => (last - first) / candidate <= MOST_TICKS) ?? 1200;
  const begin = Math.ceil((first + 1) / step) * step;
  return Array.from({ length: Math.floor((last - begin) / step) + 1 }, (_, index) => {
    const month = begin + index * step;
    const date = new Date(Date.UTC(Math.floor(month / 12), month % 12));
    return { date, label: date.toISOString().slice(0, step % 12 === 0 ? 4 : 7) };
  });
}
