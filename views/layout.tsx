import type { ComponentChildren } from 'preact'
import type { PageFrame } from './types.ts'

export interface LayoutProps {
  frame: PageFrame
  title: string
  children: ComponentChildren
}

export function Layout({ title, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{title}</title>
      </head>
      <body>{children}</body>
    </html>
  )
}
