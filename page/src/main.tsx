import './styles/base.css';
import './styles/parts.css';
import './styles/views.css';
import { render } from 'preact';
import { App } from './App';

const root = document.getElementById('app');
if (root) render(<App />, root);
