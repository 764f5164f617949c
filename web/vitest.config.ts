import { defineConfig } from "vitest/config";

// Large layouts take their time on a busy machine; how long is no matter of tests.
export default defineConfig({ test: { testTimeout: 120_000 } });
