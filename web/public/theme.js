// Runs before the first paint: a chosen theme overrides the system's without a flash. A file of its own, because the
// Content-Security-Policy allows no inline script.
try {
  const theme = localStorage.getItem('headend-theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // Storage refused: the system's theme stays.
}
