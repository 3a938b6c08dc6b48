// A block of code that is wider than the page can be scrolled with the keyboard, too.
document.querySelectorAll("pre > code").forEach((code) => {
  if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
});
