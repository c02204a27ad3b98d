// Shows the preview in the picture's stead, if it is that picture's and no other has been chosen since; what is sent to
// the app stays the picture. Without a preview nothing changes, so that nothing is asked again.
(picture, preview) => {
  const folder = (file) => file?.path?.split(/[\\/]/).at(-2);
  return folder(picture) && folder(preview) === folder(picture) + $suffix ? {...picture, url: preview.url} : {__type__: "update"};
}
