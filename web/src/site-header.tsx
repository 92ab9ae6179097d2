// The header: wordmark and theme switch.

import { Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { strings } from './strings.ts';
import { applyTheme, nextTheme, readTheme } from './theme.ts';

const ICONS = { system: Monitor, dark: Moon, light: Sun } as const;

export function SiteHeader() {
  const [theme, setTheme] = useState(readTheme);
  const Icon = ICONS[theme];
  const label = strings.theme[theme];
  const change = () => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };
  return (
    <header className="site-header">
      <a href="/" className="wordmark">
        {strings.product}
      </a>
      <button type="button" className="button quiet" onClick={change} aria-label={label} title={label}>
        <Icon size={18} aria-hidden="true" />
      </button>
    </header>
  );
}
