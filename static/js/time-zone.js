// Tell the server the browser's time zone: the one in which it then says dates.
{
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const [prefix, secure] = location.protocol === "https:" ? ["__Host-", "; secure"] : ["", ""];
  const cookie = `${prefix}time_zone=${timeZone}`;
  if (timeZone && !document.cookie.split("; ").includes(cookie)) {
    document.cookie = `${cookie}; path=/; max-age=31536000; samesite=lax${secure}`;
  }
}
