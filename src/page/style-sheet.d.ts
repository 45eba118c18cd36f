/** Style sheets that the bundler gathers into one file. */
declare module '*.css';
