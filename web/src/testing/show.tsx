import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { App } from "../app/App";
import { makeQueryClient } from "../app/query_client";

/** The whole UI at an address, against whatever stands in for fetch; failed requests are not repeated. */
export function show(path: string) {
  window.history.replaceState(null, "", path);
  const makeClient = () => {
    const client = makeQueryClient();
    client.setDefaultOptions({ queries: { retry: false } });
    return client;
  };
  return { user: userEvent.setup(), ...render(<App makeClient={makeClient} />) };
}

/** What axe finds wrong with the page as it is now, one line each. Colours need a real browser: e2e/pages.mjs sees to them. */
export async function accessibilityProblems(): Promise<string[]> {
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}
