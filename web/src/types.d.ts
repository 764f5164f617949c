/** Style sheets are bundled by the build; the compiler only needs to know that they exist. */
declare module "*.css";
