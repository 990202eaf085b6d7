// Tell the server the browser's time zone: the one in which it then says dates.
{
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const cookie = `time_zone=${timeZone}`;
  if (timeZone && !document.cookie.split("; ").includes(cookie)) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${cookie}; path=/; max-age=31536000; samesite=lax${secure}`;
  }
}
