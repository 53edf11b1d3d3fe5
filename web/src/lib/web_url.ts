/** Whether a browser opens it; a TCP port's address it does not. */
export function isWebUrl(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
