// Shares a page by what the device has for it. Without that, the page shows its address and a link for email.
export function offerSharing() {
  const share = document.querySelector(".share");
  if (!share || !navigator.share) return;
  share.querySelector("summary").addEventListener("click", (event) => {
    event.preventDefault();
    const page = { title: document.querySelector("h1").textContent.trim(), url: share.dataset.address };
    navigator.share(page).catch(() => {}); // whoever closes it again shares nothing
  });
}
