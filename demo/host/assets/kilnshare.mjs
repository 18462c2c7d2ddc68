for (const button of document.querySelectorAll('[data-contact-support]')) {
  button.addEventListener('click', () => window.SupportWidget('open'))
}
