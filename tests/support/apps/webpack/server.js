// webpack-dev-server without its command line: bundles src/, reloads the page when a file there changes.
const path = require("node:path");
const webpack = require("webpack");
const WebpackDevServer = require("webpack-dev-server");

const compiler = webpack({
  mode: "development",
  devtool: false,
  context: __dirname,
  entry: "./src/index.js",
  output: { path: "/tmp/webpack", filename: "bundle.js" },
});
const server = new WebpackDevServer(
  {
    host: "0.0.0.0",
    port: 8080,
    static: path.join(__dirname, "src"),
    hot: false,
    // The page's own host and port, as webpack asks for behind any proxy; by itself its client takes the port above.
    client: { webSocketURL: "auto://0.0.0.0:0/ws" },
  },
  compiler,
);
server.start();
