import type { components } from "./schema";

type Problem = components["schemas"]["Problem"];
export type FieldError = NonNullable<Problem["errors"]>[number];

/** A request that failed, in words for a person. Status 0: no answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly fields: readonly FieldError[] = [],
    readonly requestId?: string,
  ) {
    super(detail === "" ? title : `${title}: ${detail}`);
    this.name = "ApiError";
  }
}

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; an ApiError for anything else. */
export async function unwrap<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch (cause) {
    throw unreachable(cause);
  }
  if (!answer.response.ok) throw fromAnswer(answer.response, answer.error);
  return answer.data as T;
}

/** Any thrown value as an ApiError, so that a view has one thing to show. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, "Something went wrong", error instanceof Error ? error.message : String(error));
}

function unreachable(cause: unknown): ApiError {
  const late = cause instanceof DOMException && cause.name === "TimeoutError";
  return late
    ? new ApiError(0, "Helix took too long to answer", "It may be busy. Try again in a moment.")
    : new ApiError(0, "Helix does not answer", "Is it running, and is this machine online?");
}

function fromAnswer(response: Response, body: unknown): ApiError {
  if (isProblem(body)) {
    return new ApiError(response.status, body.title, body.detail ?? "", body.errors ?? [], body.request_id);
  }
  return new ApiError(
    response.status,
    `The answer was ${response.status}`,
    "It did not come from Helix itself; something between here and there may have sent it.",
  );
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && typeof body.title === "string";
}
