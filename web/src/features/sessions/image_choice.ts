/**
 * The images offered for a new session, the default first. A sandbox holds others too, layers and bases; sessions are made of
 * those named `helix-<kind>:<tag>`, and any other can still be named on the command line.
 */
export function imageChoice(images: readonly string[], defaultImage: string): string[] {
  const others = images.filter((image) => image !== defaultImage && SESSION_IMAGE.test(image));
  return defaultImage === "" ? others : [defaultImage, ...others];
}

const SESSION_IMAGE = /^helix-(?!sandbox:)[a-z0-9-]+:[^/]+$/;
