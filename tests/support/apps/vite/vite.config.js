// As `npm create vite` leaves it, but for the address: a published port of a container is reached from outside of it.
export default { server: { host: "0.0.0.0", port: 5173, strictPort: true }, cacheDir: "/tmp/vite" };
