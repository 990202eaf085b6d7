// Sends the browser's time zone to the server in a cookie. The server uses it for dates.
{
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const [prefix, secure] = location.protocol === "https:" ? ["__Host-", "; secure"] : ["", ""];
  const cookie = `${prefix}time_zone=${timeZone}`;
  if (timeZone && !document.cookie.split("; ").includes(cookie)) {
    document.cookie = `${cookie}; path=/; max-age=31536000; samesite=lax${secure}`;
  }
}
