// Imports that only the bundler understands (styles).
/// <reference types="vite/client" />
