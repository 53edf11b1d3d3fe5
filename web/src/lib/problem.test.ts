import { describe, expect, it } from "vitest";
import { ApiError, toApiError, unwrap } from "./problem";

function answer(status: number, body: { data?: unknown; error?: unknown }) {
  return Promise.resolve({ ...body, response: new Response(null, { status }) });
}

describe("unwrap", () => {
  it("hands out the body of a good answer", async () => {
    expect(await unwrap(answer(200, { data: { name: "hello" } }))).toEqual({ name: "hello" });
  });

  it("turns a problem document into title, detail and fields", async () => {
    const problem = {
      type: "about:blank",
      title: "Invalid value",
      status: 422,
      code: "invalid_argument",
      detail: "port 0 is out of range",
      errors: [{ field: "port", rule: "must be between 1 and 65535" }],
      request_id: "req_1",
    };

    const error = await unwrap(answer(422, { error: problem })).catch(toApiError);

    expect(error).toMatchObject({ status: 422, title: "Invalid value", detail: "port 0 is out of range" });
    expect((error as ApiError).fields).toEqual([{ field: "port", rule: "must be between 1 and 65535" }]);
    expect((error as ApiError).requestId).toBe("req_1");
  });

  it("says that a page of some proxy is not Helix's own answer", async () => {
    const error = await unwrap(answer(502, { error: "<html>Bad gateway</html>" })).catch(toApiError);

    expect(error).toMatchObject({ status: 502, title: "The answer was 502" });
  });

  it("tells silence from slowness", async () => {
    const gone = await unwrap(Promise.reject(new TypeError("Failed to fetch"))).catch(toApiError);
    const slow = await unwrap(Promise.reject(new DOMException("late", "TimeoutError"))).catch(toApiError);

    expect((gone as ApiError).title).toBe("Helix does not answer");
    expect((slow as ApiError).title).toBe("Helix took too long to answer");
  });
});

it("toApiError keeps an ApiError as it is", () => {
  const error = new ApiError(409, "Name taken", "");

  expect(toApiError(error)).toBe(error);
  expect(error.message).toBe("Name taken");
  expect(toApiError("odd").detail).toBe("odd");
});
