// A shared cache gives everyone the same page, with access keys. Whoever has switched them off has a
// cookie that says so. Without scripts the site itself leaves them out.
export function removeAccessKeys() {
  if (!document.cookie.split("; ").includes("access_keys=off")) return;
  for (const element of document.querySelectorAll("[accesskey]")) element.removeAttribute("accesskey");
}
