import { t } from "../text";

/** Longest wait for one answer, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** The server refused or could not be reached; `status` is 0 for the latter. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly field: string | null,
    message: string,
    /** Characters of the field's value before the mistake, if it has a place. */
    readonly position: number | null = null,
    /** Which kind of refusal it is, as the server calls it. */
    readonly code: string | null = null,
    /** The server's own words, in English, where the message is not their translation. */
    readonly said: string | null = null,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | null | undefined>;

/** The address of a resource; absent and empty values are left out. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** Asks for a JSON resource. Throws `ApiError`, or the abort of `signal`. */
export function ask<T>(url: string, signal: AbortSignal): Promise<T> {
  return answered<T>(url, signal, { headers: { accept: "application/json" } });
}

/** Changes something and gives what it then is. Throws as `ask` does. */
export function send<T>(url: string, change: object, signal: AbortSignal): Promise<T> {
  return answered<T>(url, signal, {
    method: "POST",
    // A page of elsewhere cannot send this header: a change comes from these pages.
    headers: { accept: "application/json", "content-type": "application/json", "x-haechi": "1" },
    body: JSON.stringify(change),
  });
}

async function answered<T>(url: string, signal: AbortSignal, options: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      ...options,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      cache: "no-store",
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, null, t.error.unreachable);
  }
  if (answer.ok) return (await answer.json()) as T;
  throw await refusal(answer);
}

async function refusal(answer: Response): Promise<ApiError> {
  try {
    const body: unknown = await answer.json();
    const error = (body as { error?: { code?: unknown; field?: unknown; message?: unknown; position?: unknown } }).error;
    if (typeof error?.message === "string") {
      const field = typeof error.field === "string" ? error.field : null;
      const position = typeof error.position === "number" ? error.position : null;
      const code = typeof error.code === "string" ? error.code : null;
      const told = t.error.told(error.message);
      if (told !== null) return new ApiError(answer.status, field, told, position, code);
      const kind = t.error.code[code ?? ""] ?? t.error.status(answer.status);
      return new ApiError(answer.status, field, kind, position, code, error.message);
    }
  } catch {
    // Not JSON: the status is all there is to say.
  }
  return new ApiError(answer.status, null, t.error.status(answer.status));
}
