declare module '*?bundle' {
  const code: string
  // eslint-disable-next-line no-restricted-syntax -- how vite offers a file's text
  export default code
}
