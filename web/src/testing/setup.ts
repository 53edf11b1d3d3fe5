import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Nothing here takes long, but the machine may be busy with compilers.
configure({ asyncUtilTimeout: 10_000 });

afterEach(cleanup);
